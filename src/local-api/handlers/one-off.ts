import type { TaskKindId } from '../../contract/tasks/index.ts';
import type { LocalApiDeps } from '../deps.ts';
import { readMeshBody, readMeshTexts } from '../contract/mesh.ts';
import { readPicture } from '../http/picture.ts';
import { jsonReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';
import { artifactReply, jsonOf, runAsked } from '../openai/ask.ts';
import { inlineBytes } from '../openai/inline.ts';
import { type KnownModels, modelFor } from '../openai/model-for.ts';
import { isOnDisk } from '../view/model-view.ts';

/** What routes that run jobs work with. */
export type LocalJobParts = Pick<LocalApiDeps, 'models' | 'local' | 'clock' | 'loaded' | 'heldInputs' | 'images'>;

export const knownModels = ({ models, loaded }: LocalJobParts): KnownModels => ({
  list: () => models.catalogue.list(),
  inMemory: () => new Set(loaded().map(({ model }) => model)),
  async onDisk(entries) {
    const files = await models.store.list();
    return entries.filter((entry) => isOnDisk(entry, files));
  },
});

/** One task each, with its result as the answer. */
export function oneOffHandlers(
  parts: LocalJobParts,
): Pick<Handlers, 'makeImage' | 'makeSpeech' | 'makeTranscript' | 'makeVideo' | 'makeMesh'> {
  const known = knownModels(parts);
  const { local } = parts;
  const entryOf = (model: string, kind: TaskKindId) => modelFor(model, kind, known);
  return {
    async makeImage({ body: { model, ...asked }, request: { signal } }) {
      const entry = await entryOf(model, 'image');
      using inputs = new DisposableStack();
      const task = { kind: 'image', ...asked, ...heldImages(asked, parts, inputs) } as const;
      return artifactReply((await runAsked({ entry, task }, { signal }, local)).result);
    },
    async makeSpeech({ body: { model, ...asked }, request: { signal } }) {
      const task = { kind: 'audio_tts', ...asked } as const;
      return artifactReply(
        (await runAsked({ entry: await entryOf(model, 'audio_tts'), task }, { signal }, local)).result,
      );
    },
    async makeTranscript({ body: { model, inputUrl, ...asked }, request: { signal } }) {
      const entry = await entryOf(model, 'audio_stt');
      using inputs = new DisposableStack();
      const task = { kind: 'audio_stt', ...asked, inputUrl: heldUrl('inputUrl', inputUrl, parts, inputs) } as const;
      return jsonReply(jsonOf((await runAsked({ entry, task }, { signal }, local)).result));
    },
    async makeVideo({ body: { model, ...asked }, request: { signal } }) {
      const task = { kind: 'video', ...asked } as const;
      return artifactReply((await runAsked({ entry: await entryOf(model, 'video'), task }, { signal }, local)).result);
    },
    async makeMesh({ request }) {
      const { bytes, options } = await readPicture(request, { texts: readMeshTexts, body: readMeshBody });
      const { model, seed } = options;
      const entry = await entryOf(model, 'mesh');
      using image = parts.heldInputs.hold(bytes);
      const task = { kind: 'mesh', imageUrl: image.url, ext: 'glb', ...(seed !== undefined && { seed }) } as const;
      return artifactReply((await runAsked({ entry, task }, { signal: request.signal }, local)).result);
    },
  };
}

const IMAGE_FIELDS = ['initImageUrl', 'refImageUrl', 'maskUrl'] as const;
type ImageUrls = { readonly [Field in (typeof IMAGE_FIELDS)[number]]?: string };

/** The images that an image is made from, each as `heldUrl`. */
function heldImages(asked: ImageUrls, parts: LocalJobParts, inputs: DisposableStack): ImageUrls {
  const given = IMAGE_FIELDS.flatMap((field) => {
    const url = asked[field];
    return url === undefined ? [] : [[field, heldUrl(field, url, parts, inputs)] as const];
  });
  return Object.fromEntries(given);
}

/** A file that came within the request, under a URL that a task can name; another URL stays as it is. */
function heldUrl(field: string, url: string, { heldInputs }: LocalJobParts, inputs: DisposableStack): string {
  const bytes = inlineBytes(field, url);
  return bytes === undefined ? url : inputs.use(heldInputs.hold(bytes)).url;
}
