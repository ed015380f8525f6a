import * as v from 'valibot';
import { isInlineImage } from '../../base/media/data-url.ts';
import { U64 } from '../../contract/numbers.ts';
import { type Read, readJson } from '../../contract/read.ts';

/* What comes with the picture of a mesh: in the query of its URL, in a form, or in JSON. Others are refused by their name. */

const SeedText = v.pipe(
  v.string(),
  v.regex(/^\d{1,20}$/, 'is no whole number'),
  v.transform((digits) => BigInt(digits)),
  v.maxValue(0xffff_ffff_ffff_ffffn),
);
const Model = v.optional(v.string(), '');

const MeshTextsSchema = v.strictObject({ model: Model, seed: v.exactOptional(SeedText) });
export type MeshOptions = v.InferOutput<typeof MeshTextsSchema>;

/** Of a form or a query, as the JSON of their texts. */
export const readMeshTexts = (json: string): Read<MeshOptions> => readJson(MeshTextsSchema, json);

const MeshBodySchema = v.strictObject({
  image: v.pipe(v.string(), v.check(isInlineImage, 'is no data:image/…;base64 URL')),
  model: Model,
  seed: v.exactOptional(U64),
});
export const readMeshBody = (json: string): Read<v.InferOutput<typeof MeshBodySchema>> =>
  readJson(MeshBodySchema, json);
