/**
 * How large and how deep bytes of MessagePack may be, looked at before anything is made of them: a decoder that is given
 * megabytes of nested arrays works for seconds before any schema can refuse what comes of it.
 */
export interface Bounds {
  /** Arrays and maps within one another; 0: a single value that is neither. */
  readonly depth: number;
  /** Values in all, the keys of maps and the containers themselves included. */
  readonly values: number;
}

/** By the first byte of a value: the bytes of payload behind it, or how many digits (bytes) tell a number of bytes or of values. */
const payload = new Uint8Array(256);
const digits = new Uint8Array(256);
/** By the first byte: how many values come for each that is counted; 0: it is no container. */
const valuesEach = new Uint8Array(256);
const set = (table: Uint8Array, from: number, values: readonly number[]): void => table.set(values, from);
for (let i = 0; i < 32; i++) payload[0xa0 + i] = i; // fixstr
valuesEach.fill(2, 0x80, 0x90); // fixmap
valuesEach.fill(1, 0x90, 0xa0); // fixarray
set(digits, 0xc4, [1, 2, 4]); // bin
set(digits, 0xc7, [1, 2, 4]); // ext: its length does not count its type
set(payload, 0xc7, [1, 1, 1]);
set(payload, 0xca, [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]); // floats and integers
set(payload, 0xd4, [2, 3, 5, 9, 17]); // fixext: a type, and so many bytes
set(digits, 0xd9, [1, 2, 4]); // str
set(digits, 0xdc, [2, 4, 2, 4]); // array, map
set(valuesEach, 0xdc, [1, 1, 2, 2]);

/** Why the bytes are beyond the bounds; undefined if they are not, or end too early, which a decoder says better. */
export const beyondBounds = (bytes: Uint8Array, { depth, values }: Bounds): string | undefined => {
  /** How many values are still to come in the containers around the one that is being read, and in that one. */
  const around: number[] = [];
  let rest = 1;
  let seen = 0;
  for (let at = 0; at < bytes.length;) {
    for (; rest === 0; rest = around.pop() ?? 0) if (around.length === 0) return undefined;
    rest -= 1;
    seen += 1;
    if (seen > values) return `has more than ${values} values`;
    const byte = bytes[at] ?? 0;
    const digitsOf = digits[byte] ?? 0;
    let number = byte & 0x0f;
    if (digitsOf > 0) number = 0;
    for (let i = 1; i <= digitsOf; i++) number = number * 256 + (bytes[at + i] ?? 0);
    at += 1 + digitsOf + (payload[byte] ?? 0);
    const each = valuesEach[byte] ?? 0;
    if (each === 0) {
      if (digitsOf > 0) at += number;
      continue;
    }
    if (around.length === depth) return `is nested more than ${depth} deep`;
    around.push(rest);
    rest = number * each;
  }
  return undefined;
};
