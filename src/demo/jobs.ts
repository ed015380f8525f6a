import type { JobRequest } from '../contract/operator/views.ts';
import type { ModelSource } from '../contract/model-source.ts';
import { TASK_KIND_IDS, type TaskKindId } from '../contract/tasks/index.ts';

/** One job of the demonstration, as the operator API takes it. */
export interface DemoJob {
  readonly kind: TaskKindId;
  readonly model: string;
  readonly source: ModelSource;
  readonly task: JobRequest['task'];
  /** Whether the model is added to the studio first, as an operator would; otherwise its recipe travels with the job. */
  readonly registered?: boolean;
  /** Waits for the job of this kind, and needs what it made. */
  readonly after?: TaskKindId;
  /** An image that it changes, a PNG, to be shown beside what came of it. */
  readonly before?: Uint8Array;
}

/** The recipe of the synthetic engine: no files, no defaults. */
export const DEMO_SOURCE: ModelSource = {
  engine: 'synthetic',
  files: [],
  cliDefaults: { cfgScale: 1, steps: 8, width: 512, height: 512 },
};

/** A PNG of 4 x 4 px in one colour, #d9742b: the demonstration needs no network. */
const FOX_RED =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAMAAACeL25MAAAAA1BMVEXZdCvCzXbXAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAC0lEQVQImWNgwAQAABQAAWX1h1kAAAAASUVORK5CYII=';

/** What the job of each kind asks for, of which model. The speech to transcribe is never fetched by the synthetic engine. */
const ASKED: { readonly [Kind in TaskKindId]: Pick<DemoJob, 'model' | 'task'> } = {
  image: {
    model: 'synthetic-image',
    task: { kind: 'image', prompt: 'an aurora fox at dusk', width: 512, height: 512, ext: 'webp' },
  },
  llm: {
    model: 'synthetic-llm',
    task: { kind: 'llm', messages: [{ role: 'user', content: 'Name three things a fox does at dusk.' }] },
  },
  audio_stt: {
    model: 'synthetic-stt',
    task: { kind: 'audio_stt', inputUrl: 'https://example.invalid/fox.wav', language: 'en' },
  },
  audio_tts: {
    model: 'synthetic-tts',
    task: { kind: 'audio_tts', text: 'The fox crosses the ice and the sky turns green.', ext: 'wav' },
  },
  video: {
    model: 'synthetic-video',
    task: { kind: 'video', prompt: 'a fox runs below the aurora', seconds: 2, fps: 12, width: 256, height: 256 },
  },
  mesh: {
    model: 'synthetic-mesh',
    task: { kind: 'mesh', imageUrl: FOX_RED },
  },
};

/** One job of each kind, in wire order. */
export const DEMO_JOBS: readonly DemoJob[] = TASK_KIND_IDS.map((kind) => {
  const { model, task } = ASKED[kind];
  return { kind, model, source: DEMO_SOURCE, task };
});
