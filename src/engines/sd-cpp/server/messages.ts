import * as v from 'valibot';
import { readJson, type Read } from '../../../contract/read.ts';

/*
 * What stable-diffusion.cpp's server answers (examples/server/api.md). It is another program, in a version that the
 * operator chose: what it leaves out is nothing that it can do, and more than is known here is dropped.
 */

const Texts = v.pipe(
  v.nullish(v.array(v.string()), []),
  v.transform((texts): ReadonlySet<string> => new Set(texts)),
);

const CapabilitiesSchema = v.pipe(
  v.object({
    model: v.object({ path: v.pipe(v.string(), v.nonEmpty()) }),
    supported_modes: v.array(v.string()),
    samplers: Texts,
    loras: v.nullish(v.array(v.object({ path: v.string() })), []),
    output_formats_by_mode: v.nullish(v.object({ img_gen: Texts })),
    features_by_mode: v.nullish(v.object({ img_gen: v.nullish(v.record(v.string(), v.unknown()), {}) })),
  }),
  v.transform(
    ({ model, supported_modes: modes, samplers, loras, output_formats_by_mode: formats, features_by_mode: features }) =>
      ({
        modelPath: model.path,
        makesImages: modes.includes('img_gen'),
        samplers,
        formats: formats?.img_gen ?? new Set(),
        loras: new Set(loras.map(({ path }) => path)),
        features: new Set(
          Object.entries(features?.img_gen ?? {}).flatMap(([name, has]) => (has === true ? [name] : [])),
        ),
      }) satisfies ServerCapabilities,
  ),
);

/** What an sd-server reports that it can do with its model. */
export interface ServerCapabilities {
  /** The file it loaded. */
  readonly modelPath: string;
  /** Whether it generates images with it. */
  readonly makesImages: boolean;
  readonly samplers: ReadonlySet<string>;
  readonly formats: ReadonlySet<string>;
  /** LoRA files that it found in its folder, by name. */
  readonly loras: ReadonlySet<string>;
  /** Names of request fields for images, such as `init_image`. */
  readonly features: ReadonlySet<string>;
}

/** A job that it took. */
const QueuedSchema = v.object({ id: v.pipe(v.string(), v.nonEmpty()) });

/** Why it did not take one. */
const RefusalSchema = v.object({ error: v.string() });

/** How a job stands; what does not apply is absent or null. */
const JobSchema = v.object({
  status: v.string(),
  result: v.nullish(
    v.object({ images: v.nullish(v.array(v.object({ b64_json: v.pipe(v.string(), v.nonEmpty()) })), []) }),
  ),
  error: v.nullish(v.object({ message: v.nullish(v.string(), '') })),
});

const reader =
  <Schema extends v.GenericSchema>(schema: Schema) =>
  (bytes: Uint8Array): Read<v.InferOutput<Schema>> =>
    readJson(schema, new TextDecoder().decode(bytes));

/** Readers of its answers. None throws; a problem names fields and never echoes a value. */
export const readCapabilities = reader(CapabilitiesSchema);
export const readQueued = reader(QueuedSchema);
export const readRefusal = reader(RefusalSchema);
export const readJob = reader(JobSchema);
