import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { TaskKindId } from '../../../src/contract/tasks/index.ts';
import { chosenModels, isKindOn, isModelOn } from '../../../src/worker/operator-choice.ts';
import { EVERYTHING } from '../../fakes/offer-facts.ts';

const sdCpp = { id: 'sd-cpp', models: { image: ['sd-cpp:*'], video: ['sd-cpp:*'] } } as const;
const synthetic = { id: 'synthetic', models: { image: ['synthetic', 'synthetic-image'], llm: ['synthetic'] } } as const;

test('without a choice an engine advertises all that it has', () => {
  expect(chosenModels(sdCpp, EVERYTHING)).toEqual(sdCpp.models);
});

test('a kind that is off is not advertised, the others stay', () => {
  expect(chosenModels(sdCpp, { kinds: { video: false, image: true }, models: [] })).toEqual({ image: ['sd-cpp:*'] });
});

test('only an engine the operator names advertises its models', () => {
  const choice = { kinds: {}, models: ['sd-cpp:*'] };
  expect(chosenModels(sdCpp, choice)).toEqual(sdCpp.models);
  expect(chosenModels(synthetic, choice)).toEqual({});
});

test('a model that is named stands in place of all those of an engine', () => {
  const choice = { kinds: { video: false }, models: ['z-image', 'synthetic-image', 'onnx:*'] };
  expect(chosenModels(sdCpp, choice)).toEqual({ image: ['z-image', 'synthetic-image'] });
  expect(chosenModels(synthetic, choice)).toEqual({ image: ['synthetic-image'] });
});

test('whatever is chosen, all that is advertised would be taken', () => {
  const models = fc.array(fc.constantFrom('z-image', 'synthetic', 'synthetic-image', 'sd-cpp:*', 'onnx:*'));
  const kinds = fc.dictionary(fc.constantFrom<TaskKindId[]>('image', 'llm', 'video'), fc.boolean());
  fc.assert(
    fc.property(fc.constantFrom(sdCpp, synthetic), fc.record({ models, kinds }), (engine, choice) => {
      const chosen = chosenModels(engine, choice);
      for (const kind of Object.keys(chosen) as TaskKindId[]) {
        expect(isKindOn(choice, kind)).toBe(true);
        for (const model of chosen[kind] ?? []) expect(isModelOn(choice, model, engine.id)).toBe(true);
      }
    }),
  );
});
