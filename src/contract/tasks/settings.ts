import * as v from 'valibot';
import type { Task } from './index.ts';

/** What a job asks for beside its prompt, as people are shown it: what its task leaves to the model is absent. */
export const JobSettingsSchema = v.object({
  /** Pixels. */
  width: v.exactOptional(v.number()),
  height: v.exactOptional(v.number()),
  steps: v.exactOptional(v.number()),
  /** In decimal digits: it has up to 64 bits. */
  seed: v.exactOptional(v.string()),
  /** Length of a clip. */
  seconds: v.exactOptional(v.number()),
  fps: v.exactOptional(v.number()),
  voice: v.exactOptional(v.string()),
  language: v.exactOptional(v.string()),
});
export type JobSettings = v.InferOutput<typeof JobSettingsSchema>;

/** The settings of a task of any kind. */
export function settingsOf(task: Task): JobSettings {
  switch (task.kind) {
    case 'image':
      return { ...counts({ width: task.width, height: task.height, steps: task.steps }), ...seedOf(task.seed) };
    case 'video':
      return counts({ width: task.width, height: task.height, seconds: task.seconds, fps: task.fps });
    case 'audio_tts':
      return texts({ voice: task.voice, language: task.language });
    case 'audio_stt':
      return texts({ language: task.language });
    case 'mesh':
      return seedOf(task.seed);
    case 'llm':
      return {};
    default:
      return task satisfies never;
  }
}

type Asked<Value> = Readonly<Record<string, Value | undefined>>;

/** A zero asks for what the model has by itself. */
const counts = (asked: Asked<number>): JobSettings =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined && value > 0));

const texts = (asked: Asked<string>): JobSettings =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined && value !== ''));

const seedOf = (seed: bigint | undefined): JobSettings => (seed === undefined ? {} : { seed: String(seed) });
