import { getSession } from '../../lib/session'
import { remember, signIn, signOut, signOutAndFail } from './actions'

export default async function Page({ searchParams }: { searchParams: Promise<Record<string, string>> }) {
  const session = await getSession()
  const isSame = (await getSession()) === session
  let refused = ''
  try {
    if ((await searchParams)['write'] !== undefined) session.data['n'] = 1
  } catch (error) {
    refused = (error as Error).message
  }
  return (
    <main>
      <p>{`User ${session.userId ?? 'guest'}, note ${session.data['note'] ?? 'none'}, same ${isSame}, until ${session.expiresAt}`}</p>
      <p>{refused}</p>
      <form id="sign-in" action={signIn}>
        <input name="name" />
      </form>
      <form id="remember" action={remember} />
      <form id="sign-out" action={signOut} />
      <form id="sign-out-and-fail" action={signOutAndFail} />
    </main>
  )
}
