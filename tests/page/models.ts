import type { ApiModel, Pull } from '../../src/local-api/contract/models.ts';
import { GIB, MIB } from '../../src/base/units.ts';
import { NOW } from './moment.ts';

interface Facts {
  readonly id: string;
  readonly name: string;
  readonly kind: ApiModel['kind'];
  readonly gb: number;
  readonly sizeBytes: number;
  readonly more?: Partial<ApiModel>;
}

const aModel = ({ id, name, kind, gb, sizeBytes, more }: Facts): ApiModel => ({
  id,
  displayName: name,
  kind,
  vramGbEstimate: gb,
  source: {
    engine: kind === 'llm' ? 'llama-cpp' : 'sd-cpp',
    files: [{ role: 'model', url: `https://models.example.com/${id}.gguf`, filename: `${id}.gguf` }],
    cliDefaults: { cfgScale: 0, steps: 0, width: 0, height: 0 },
  },
  enabled: true,
  origin: 'local',
  loadable: true,
  images: false,
  state: 'unloaded',
  resident: false,
  since: NOW,
  loaded: null,
  disk: { state: 'whole', sizeBytes },
  pull: null,
  ...more,
});

export const PULL: Pull = {
  state: 'running',
  filename: 'qwen-image-edit-2511.gguf',
  file: 1,
  files: 2,
  phase: 'download',
  doneBytes: 7.7 * GIB,
  totalBytes: 12.4 * GIB,
  bytesPerSecond: 41.8 * MIB,
  startedAt: NOW - 180_000,
};

const loaded = (state: 'in use' | 'idle', gb: number): ApiModel['loaded'] => ({
  model: 'z-image-turbo',
  engine: 'sd-cpp',
  state,
  since: NOW - 18_000,
  lastUsedAt: NOW,
  gb,
  ...(state === 'idle' && { unloadsAt: NOW + 192_000 }),
});

export const QWEN = aModel({
  id: 'qwen3.5-2b',
  name: 'Qwen 3.5 2B',
  kind: 'llm',
  gb: 2.6,
  sizeBytes: 1.9 * GIB,
  more: { state: 'loaded', resident: true, loaded: loaded('idle', 2.6) },
});
export const WAN = aModel({
  id: 'wan2.2-ti2v-5b',
  name: 'Wan 2.2 TI2V 5B',
  kind: 'video',
  gb: 9,
  sizeBytes: 8.1 * GIB,
});
export const ABSENT = aModel({
  id: 'qwen3.5-0.8b',
  name: 'Qwen 3.5 0.8B',
  kind: 'llm',
  gb: 1.5,
  sizeBytes: 0,
  more: { disk: { state: 'absent', sizeBytes: 0 }, origin: 'studio' },
});

/** One model in every state that a row can be in. */
export const MODELS: readonly ApiModel[] = [
  aModel({
    id: 'z-image-turbo',
    name: 'Z-Image Turbo',
    kind: 'image',
    gb: 7.9,
    sizeBytes: 7.6 * GIB,
    more: { state: 'loaded', resident: true, loaded: loaded('in use', 7.9) },
  }),
  QWEN,
  WAN,
  aModel({
    id: 'whisper-large-v3-turbo',
    name: 'Whisper large v3 turbo',
    kind: 'audio_stt',
    gb: 1.9,
    sizeBytes: 1.5 * GIB,
    more: { state: 'failed', error: 'there is not enough GPU memory for the model' },
  }),
  aModel({
    id: 'qwen-image-edit-2511',
    name: 'Qwen Image Edit 2511',
    kind: 'image',
    gb: 11,
    sizeBytes: 0,
    more: { disk: { state: 'partial', sizeBytes: 7 * GIB }, pull: PULL },
  }),
  ABSENT,
  aModel({
    id: 'wan2.2-a14b',
    name: 'Wan 2.2 A14B',
    kind: 'video',
    gb: 19.2,
    sizeBytes: 0,
    more: { disk: { state: 'absent', sizeBytes: 0 } },
  }),
  aModel({
    id: 'trellis-2',
    name: 'TRELLIS 2',
    kind: 'mesh',
    gb: 9.8,
    sizeBytes: 0,
    more: {
      disk: { state: 'partial', sizeBytes: GIB },
      pull: { ...PULL, state: 'failed', error: 'the host answered 503', hint: 'it is asked again with the next job' },
    },
  }),
];
