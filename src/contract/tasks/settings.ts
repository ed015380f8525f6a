import * as v from 'valibot';

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

type ControlResult<Value> = Readonly<Record<string, Value | undefined>>;

/** A zero asks for what the model has by itself. */
export const counts = (asked: ControlResult<number>): JobSettings =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined && value > 0));

/** An empty text asks for what the model has by itself. */
export const texts = (asked: ControlResult<string>): JobSettings =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined && value !== ''));

/** In decimal digits. */
export const seedOf = (seed: bigint | undefined): JobSettings => (seed === undefined ? {} : { seed: String(seed) });
