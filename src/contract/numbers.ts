import * as v from 'valibot';

const U32_MAX = 0xffff_ffff;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** An unsigned 32-bit integer, as the studio types sizes, steps and counts. */
export const U32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(U32_MAX));

/** An unsigned 64-bit integer, read losslessly. Always a `bigint`, so that nobody rounds a seed by accident. */
export const U64 = v.pipe(
  v.union([v.pipe(v.number(), v.integer()), v.bigint()]),
  v.transform((value) => BigInt(value)),
  v.minValue(0n),
  v.maxValue(U64_MAX),
);

/** A finite number. A reviver's `bigint` is accepted and becomes one, unless it has more digits than any number holds. */
export const Decimal = v.union([
  v.pipe(v.number(), v.finite()),
  v.pipe(
    v.bigint(),
    v.transform((value) => Number(value)),
    v.finite(),
  ),
]);

/** A field that the sender may leave out or set to null; both read as absent. */
export const absentable = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(
    v.optional(v.nullable(schema)),
    v.transform((value) => value ?? undefined),
  );
