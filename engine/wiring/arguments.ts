/** What every implementation of the ports refuses, in the same words. */

/** An Error as Node's file system throws it: recognised by its `code`. */
export const systemError = (code: string, action: string): Error => Object.assign(new Error(`${code}: ${action}`), { code });

/** File names have no directory part. Throws EINVAL. */
export const checkFileName = (file: string): void => {
  if (file === "" || file === "." || file === ".." || /[/\\\0]/.test(file) || Buffer.byteLength(file) > 255)
    throw systemError("EINVAL", `not a file name: '${file}'`);
};

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

export const checkLength = (length: number): void => {
  if (!isCount(length)) throw systemError("EINVAL", `not a length: ${length}`);
};

/** The length may be Infinity: up to the end. */
export const checkRange = (offset: number, length: number): void => {
  if (!isCount(offset) || !(length === Infinity || isCount(length)))
    throw systemError("EINVAL", `not a range: ${length} bytes from ${offset}`);
};

/** Keys that differ as text must differ as bytes, so unpaired surrogates are refused. Throws EINVAL. */
export const checkKey = (key: string): void => {
  if (Buffer.from(key).toString() !== key) throw systemError("EINVAL", `a key is not well-formed Unicode: ${JSON.stringify(key)}`);
};

/** Throws EINVAL for a limit that is not a whole number of at least 0. */
export const checkLimit = (limit: number | undefined): void => {
  if (limit !== undefined && !isCount(limit)) throw systemError("EINVAL", `not a limit: ${limit}`);
};
