/**
 * Calls a store so that `answer` is called once, also if the store throws or calls back twice. There is one exception: if
 * `answer` throws and the store catches that, the store may call it again with the error, because otherwise no one sees it.
 */
export function callOnce<Value = unknown>(
  call: (callback: (error?: unknown, value?: Value | null) => void) => void,
  answer: (error?: unknown, value?: Value | null) => void,
): void {
  let state: 'waiting' | 'answered' | 'threw' = 'waiting'
  const callback = (error?: unknown, value?: Value | null): void => {
    if (state === 'answered') return
    state = 'answered'
    try {
      answer(error, value)
    } catch (thrown) {
      state = 'threw'
      throw thrown
    }
  }
  try {
    call(callback)
  } catch (error) {
    if (state !== 'waiting') throw error
    callback(error)
  }
}
