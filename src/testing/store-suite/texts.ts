const splitWords = (text: string): string[] => text.split(' ')

/** Ids that look alike to some databases. */
export const likeIds = [
  splitWords('__proto__ constructor hasOwnProperty toString . .. ... - -- -rf _ a A aB Ab a.b a-b a_b axb'),
  splitWords('0 00 1 01 1.0 1e3 0x1 NaN null undefined true'),
  ['x'.repeat(128), `${'x'.repeat(127)}y`, 'X'.repeat(128), '9'.repeat(128)],
].flat()

/** Texts that some databases change, cut or compare as equal. */
export const unusualTexts = [
  ['a\0b', 'a\0c', '\0', 'a', 'A', ' a', 'a ', 'a\n', '\r\n', '\t', '\\', '\\u0000', '\\0', 'é', 'e\u0301', '"', "'"],
  ['\ufeff', '\ufeffa', '\u2028', '\u202e', '\uffff', '\ufffd', '😀', '𝒳𝒴', '👩\u200d👩\u200d👧', 'ß', 'SS', 'İ', '٣'],
  splitWords('` % _ * ? $1 $.a # [ ] { } {} {a} [a] : ;-- / .. <b> &amp; %00 %0000 %25 null 0 -1 1e3 10 9'),
  splitWords('__proto__ constructor prototype toString hasOwnProperty then length d:a data.a a.b flash.x flash.'),
  splitWords('id userId user_id secretHash version data ended'),
].flat()

export const loneSurrogates = ['\ud800', '\udbff', '\udc00', 'a\ud83d', '\ude00\ud83d']

/** Keys of the data. */
export const keys = ['', ...unusualTexts]

/** Texts of the data. */
export const values = [
  ['', ...unusualTexts],
  ['"\\ud800"', '1.0', '1e400', '12345678901234567890', '{"a":1,"a":2}', ' [ ] ', '{"b":1,"a":2}'],
].flat()
