import { expect, test } from 'bun:test';
import { loadFailure } from '../../../../src/engines/onnx/failures.ts';

test('a file that is no model is told without the folder it lies in', () => {
  const said = 'Load model from /home/ada/models/lama/lama.onnx failed:Protobuf parsing failed.';
  expect(loadFailure(said, undefined)).toMatchObject({
    code: 'model.unusable',
    message: 'the file is no ONNX model that can be loaded: Protobuf parsing failed.',
  });
});
