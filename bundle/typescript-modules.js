// Module hooks: a spec of the user's own, and what it imports, are ECMAScript modules even where no package.json says so, and
// have the copy of the language that the program has.
let loaded = {};
export const initialize = (data) => void (loaded = data);

/** Where nothing says what a module is, tsx makes CommonJS of it, at an address with marks of its own behind the file's. */
const unmarked = (url) => url.replace(/(\.ts)(%3F|\?)tsx-commonjs-.*$/, "$1");

export const resolve = async (specifier, context, next) => {
  const resolved = await next(specifier, context);
  const url = unmarked(resolved.url);
  const known = loaded[url];
  if (known !== undefined) return { ...resolved, url: known, format: "module", shortCircuit: true };
  return /\.ts(\?|$)/.test(url) ? { ...resolved, url, format: "module" } : resolved;
};
