import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { ModelFile, ModelSource } from '../../contract/model-source.ts';

/*
 * The models that a first catalogue has, so that whoever has none yet can name one. Ids, order and memory are the studio
 * contract's; of its seeds, those that an engine of this release runs. Each file is pinned to its digest.
 */

const HUGGING_FACE = 'https://huggingface.co';

interface PinnedFile {
  readonly role: ModelFile['role'];
  readonly repository: string;
  readonly revision: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const pinned = ({ role, repository, revision, path, bytes, sha256 }: PinnedFile): ModelFile => ({
  role,
  url: `${HUGGING_FACE}/${repository}/resolve/${revision}/${path}`,
  filename: path.slice(path.lastIndexOf('/') + 1),
  approxBytes: BigInt(bytes),
  sha256,
});

/** Sizes that a source must have, of a model that makes no images. */
const NO_IMAGE = { cfgScale: 0, steps: 0, width: 0, height: 0 };

const chat = (id: string, displayName: string, vramGbEstimate: number, file: Omit<PinnedFile, 'role'>) =>
  seed({
    id,
    displayName,
    kind: 'llm',
    vramGbEstimate,
    source: { engine: 'llama-cpp', files: [pinned({ role: 'model', ...file })], cliDefaults: NO_IMAGE },
  });

const seed = (
  about: Pick<CatalogueEntry, 'id' | 'displayName' | 'kind' | 'vramGbEstimate'> & { readonly source: ModelSource },
): CatalogueEntry => ({ ...about, enabled: true, origin: 'local' });

/** In the order in which a catalogue shows them. */
export const SEEDS: readonly CatalogueEntry[] = [
  seed({
    id: 'z-image-turbo-q4_k_m.gguf',
    displayName: 'Z-Image-Turbo',
    kind: 'image',
    vramGbEstimate: 12,
    source: {
      engine: 'sd-cpp',
      files: [
        pinned({
          role: 'diffusion-model',
          repository: 'jayn7/Z-Image-Turbo-GGUF',
          revision: 'main',
          path: 'z_image_turbo-Q4_K_M.gguf',
          bytes: 4_981_532_736,
          sha256: '745ec270db042409fde084d6b5cfccabf214a7fe5a494edf994a391125656afd',
        }),
        pinned({
          role: 'text-encoder',
          repository: 'unsloth/Qwen3-4B-Instruct-2507-GGUF',
          revision: 'main',
          path: 'Qwen3-4B-Instruct-2507-Q4_K_M.gguf',
          bytes: 2_497_281_120,
          sha256: '3605803b982cb64aead44f6c1b2ae36e3acdb41d8e46c8a94c6533bc4c67e597',
        }),
        pinned({
          role: 'vae',
          repository: 'Comfy-Org/z_image_turbo',
          revision: 'main',
          path: 'split_files/vae/ae.safetensors',
          bytes: 335_304_388,
          sha256: 'afc8e28272cd15db3919bacdb6918ce9c1ed22e96cb12c4d5ed0fba823529e38',
        }),
      ],
      cliDefaults: { cfgScale: 1, steps: 8, width: 1024, height: 1024, samplingMethod: 'euler' },
    },
  }),
  chat('qwen3.5-0.8b', 'Qwen3.5 0.8B', 1.5, {
    repository: 'unsloth/Qwen3.5-0.8B-GGUF',
    revision: '6ab461498e2023f6e3c1baea90a8f0fe38ab64d0',
    path: 'Qwen3.5-0.8B-Q4_K_M.gguf',
    bytes: 532_517_120,
    sha256: 'bd258782e35f7f458f8aced1adc053e6e92e89bc735ba3be89d38a06121dc517',
  }),
  chat('qwen3.5-2b', 'Qwen3.5 2B', 3, {
    repository: 'unsloth/Qwen3.5-2B-GGUF',
    revision: 'f6d5376be1edb4d416d56da11e5397a961aca8ae',
    path: 'Qwen3.5-2B-Q4_K_M.gguf',
    bytes: 1_280_835_840,
    sha256: 'aaf42c8b7c3cab2bf3d69c355048d4a0ee9973d48f16c731c0520ee914699223',
  }),
];
