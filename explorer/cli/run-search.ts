/** Starts a search for a command. */
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import { search } from "../search/index.ts";
import type { SearchOptions, SearchResult } from "../search/result.ts";

/** Where other threads find the spec again, because functions cannot be sent to them. */
export type SpecOrigin = { readonly kind: "model"; readonly name: string } | { readonly kind: "file"; readonly path: string };

export interface SearchRequest {
  readonly origin: SpecOrigin;
  readonly instance: SpecInstance;
  readonly options: SearchOptions;
}

export const runSearch = ({ instance, options }: SearchRequest): Promise<SearchResult> => search(instance, options);
