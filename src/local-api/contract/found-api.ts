import * as v from 'valibot';
import { readJson } from '../../contract/read.ts';

const FoundApiSchema = v.object({ url: v.string(), token: v.string() });
/** Where the API of a running worker is, from the file beside its config; undefined where that holds something else. */
export function readFoundApi(text: string): v.InferOutput<typeof FoundApiSchema> | undefined {
  const read = readJson(FoundApiSchema, text);
  return read.is === 'read' ? read.value : undefined;
}
