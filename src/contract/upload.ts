import * as v from 'valibot';
import { readJson } from './read.ts';
import { DeviceNameSchema } from './results.ts';

/** Content type of an artifact by its lower-case extension (studio contract: upload content types). */
const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
  ['ogg', 'audio/ogg'],
  ['opus', 'audio/ogg'],
  ['flac', 'audio/flac'],
  ['m4a', 'audio/mp4'],
  ['mp4', 'video/mp4'],
  ['webm', 'video/webm'],
  ['glb', 'model/gltf-binary'],
]);

/** The `Content-Type` of an artifact with this extension (without a dot), in whatever case it is written. */
export const artifactContentType = (ext: string): string =>
  CONTENT_TYPES.get(ext.toLowerCase()) ?? 'application/octet-stream';

/**
 * Part names of the multipart completion, in the order they must appear. The last one is optional (studio contract:
 * completions may carry `generationMeta`): JSON, see below.
 */
export const UPLOAD_PARTS = { prompt: 'prompt', ext: 'ext', artifact: 'image', meta: 'generationMeta' } as const;

const GenerationMetaSchema = v.object({ ranOn: v.optional(DeviceNameSchema) });
/** How an artifact was made. `ranOn`: what it was computed on, such as `cpu`, `cuda`, `vulkan`, `metal`. */
export type GenerationMeta = v.InferOutput<typeof GenerationMetaSchema>;

/** Reads the part; one that is malformed reads as empty. */
export function readGenerationMeta(text: string): GenerationMeta {
  const read = readJson(GenerationMetaSchema, text);
  return read.is === 'read' ? read.value : {};
}
