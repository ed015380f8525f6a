import * as v from 'valibot';

/** That the worker answers, and what it works with. */
export const HealthSchema = v.object({
  ok: v.literal(true),
  version: v.string(),
  busy: v.boolean(),
  /** The first engine that is ready; null while none is. */
  engine: v.nullable(v.string()),
  modelsRoot: v.string(),
  /** Null where the system does not tell. */
  modelsRootFreeBytes: v.nullable(v.number()),
  gpuRuntime: v.nullable(v.object({ ok: v.boolean(), detail: v.string() })),
});

/** Whether jobs can come; 503 and why while they cannot. */
export const ReadinessSchema = v.object({ ok: v.boolean(), because: v.array(v.string()) });
