// Module hooks: a spec of the user's own is an ECMAScript module even where no package.json says so, and has the copy of the
// language that the program has.
let loaded = {};
export const initialize = (data) => void (loaded = data);

export const resolve = async (specifier, context, next) => {
  const resolved = await next(specifier, context);
  const known = loaded[resolved.url];
  if (known !== undefined) return { ...resolved, url: known, format: "module", shortCircuit: true };
  return /\.ts(\?|$)/.test(resolved.url) ? { ...resolved, format: "module" } : resolved;
};
