/** Any value that JSON can carry. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** A value with names, as results are. */
export type JsonObject = { readonly [key: string]: JsonValue };
