// Module hooks: a spec of the user's own is an ECMAScript module even where no package.json says so.
export const resolve = async (specifier, context, next) => {
  const resolved = await next(specifier, context);
  return /\.ts(\?|$)/.test(resolved.url) ? { ...resolved, format: "module" } : resolved;
};
