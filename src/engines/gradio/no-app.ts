import { WorkerError } from '../../base/errors.ts';

/** What is missing where the operator has no app. */
export const noApp = (): WorkerError =>
  new WorkerError('engine.unavailable', 'no Gradio app is named in the config', {
    hint: 'Set `gradio_endpoint_url = "http://127.0.0.1:7860"` in the config file, with the address of your app.',
  });
