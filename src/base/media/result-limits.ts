/** The extensions that results of a task kind are made with; undefined where the task does not choose. */
export const extsOf = (kind: string): readonly string[] | undefined => EXTS.get(kind);

const EXTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['image', ['webp', 'png', 'jpg', 'jpeg', 'gif', 'tif', 'tiff', 'bmp']],
  ['audio_tts', ['wav', 'mp3', 'ogg', 'opus', 'flac', 'm4a']],
  ['video', ['mp4', 'webm', 'gif', 'webp', 'avi']],
]);
/** No engine draws a longer side. */
export const MAX_SIDE_PX = 16_384;
/** Diffusion models were trained on so many steps of noise; more of them change nothing. */
export const MAX_STEPS = 1000;
