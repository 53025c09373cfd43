/** Values as one line of JSON: bytes as `{"$hex":"…"}`, big integers as `{"$bigint":"…"}`, errors with their code. */

const asPlain = (_key: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString("hex") };
  if (typeof value === "bigint") return { $bigint: value.toString() };
  if (value instanceof Error)
    return { name: value.name, message: value.message, ...("code" in value ? { code: value.code } : {}), stack: value.stack };
  return value;
};

// `toJSON` of a Buffer would come before the replacer.
const withoutBuffers = (value: unknown): unknown => {
  if (Buffer.isBuffer(value)) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(withoutBuffers);
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutBuffers(v)]));
  return value;
};

export const jsonLine = (value: Readonly<Record<string, unknown>>): string => `${JSON.stringify(withoutBuffers(value), asPlain)}\n`;
