import type { JobRequest } from '../contract/admin.ts';
import type { ModelSource } from '../contract/model-source.ts';
import type { TaskKindId } from '../contract/tasks/index.ts';

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
  /** A picture that it changes, a PNG, to be shown beside what came of it. */
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

/** One job of each kind, in wire order. The speech to transcribe is never fetched by the synthetic engine. */
export const DEMO_JOBS: readonly DemoJob[] = [
  {
    kind: 'image',
    model: 'synthetic-image',
    source: DEMO_SOURCE,
    task: { kind: 'image', prompt: 'an aurora fox at dusk', width: 512, height: 512, ext: 'webp' },
  },
  {
    kind: 'llm',
    model: 'synthetic-llm',
    source: DEMO_SOURCE,
    task: { kind: 'llm', messages: [{ role: 'user', content: 'Name three things a fox does at dusk.' }] },
  },
  {
    kind: 'audio_stt',
    model: 'synthetic-stt',
    source: DEMO_SOURCE,
    task: { kind: 'audio_stt', inputUrl: 'https://example.invalid/fox.wav', language: 'en' },
  },
  {
    kind: 'audio_tts',
    model: 'synthetic-tts',
    source: DEMO_SOURCE,
    task: { kind: 'audio_tts', text: 'The fox crosses the ice and the sky turns green.', ext: 'wav' },
  },
  {
    kind: 'video',
    model: 'synthetic-video',
    source: DEMO_SOURCE,
    task: { kind: 'video', prompt: 'a fox runs below the aurora', seconds: 2, fps: 12, width: 256, height: 256 },
  },
  {
    kind: 'mesh',
    model: 'synthetic-mesh',
    source: DEMO_SOURCE,
    task: { kind: 'mesh', imageUrl: FOX_RED },
  },
];
