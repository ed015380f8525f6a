/** Content type of an artifact's part, by extension. Everything else travels as octet-stream, `jpg` included. */
const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
  ['mp4', 'video/mp4'],
]);

/** The `Content-Type` of the `image` part for an artifact with this extension (without a dot). */
export const artifactContentType = (ext: string): string => CONTENT_TYPES.get(ext) ?? 'application/octet-stream';

/** Part names of the multipart completion, in the order they must appear. */
export const UPLOAD_PARTS = { prompt: 'prompt', ext: 'ext', artifact: 'image' } as const;
