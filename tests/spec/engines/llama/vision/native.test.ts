import { expect, test } from 'bun:test';
import {
  architectureFact,
  assertRoles,
  type GgufFacts,
  placesInGrid,
  projectorError,
} from '../../../../../src/engines/llama/vision/native.ts';

const names = { model: 'vl.gguf', projector: 'vl-mmproj.gguf' };
const model: GgufFacts = { 'general.architecture': 'qwen2vl', 'qwen2vl.embedding_length': '1536' };
const projector: GgufFacts = {
  'general.architecture': 'clip',
  'clip.projector_type': 'qwen2vl_merger',
  'clip.vision.projection_dim': '1536',
};

test('a model and its projector in their places are accepted', () => {
  expect(() => assertRoles({ model, projector }, names)).not.toThrow();
});

test.each([
  [
    'two models',
    { model, projector: model },
    'vl-mmproj.gguf is no vision projector but a model of architecture qwen2vl',
  ],
  ['two projectors', { model: projector, projector }, 'vl.gguf is a vision projector and no model'],
])('%s are rejected by their names', (_what, pair, message) => {
  expect(() => assertRoles(pair, names)).toThrow(message);
});

test('a projector that makes other embeddings is named together with the model', () => {
  const other = { ...projector, 'clip.vision.projection_dim': '4096' };
  expect(projectorError({ model, projector: other }, names)).toMatchObject({
    code: 'model.unusable',
    message:
      'the vision projector vl-mmproj.gguf is of another model than vl.gguf: it makes embeddings of 4096 numbers, and the model reads 1536',
  });
});

test('a projector that llama.cpp does not know is named by its type', () => {
  expect(projectorError({ model, projector }, names).message).toBe(
    'llama.cpp cannot load the vision projector vl-mmproj.gguf (type qwen2vl_merger) for vl.gguf',
  );
});

test('a fact that a model does not state is not taken for zero', () => {
  expect(architectureFact(model, 'embedding_length')).toBe(1536);
  expect(architectureFact(model, 'context_length')).toBeUndefined();
  expect(architectureFact({ ...model, 'qwen2vl.context_length': 'long' }, 'context_length')).toBeUndefined();
});

test('a model with sections of rotary positions places images in a grid', () => {
  expect(placesInGrid(model)).toBe(false);
  expect(placesInGrid({ ...model, 'qwen2vl.rope.dimension_sections': '[16, 24, 24, 0]' })).toBe(true);
});
