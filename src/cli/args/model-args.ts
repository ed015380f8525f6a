import { ENGINE_NAMES, TORCH_PIPELINES } from '../../contract/model-source.ts';
import { TASK_KIND_IDS } from '../../contract/tasks/index.ts';
import { sharedArgs } from '../command.ts';

const file = (description: string) => ({ type: 'string', valueHint: 'url', description }) as const;
const value = (valueHint: string, description: string) => ({ type: 'string', valueHint, description }) as const;
const flag = (description: string) => ({ type: 'boolean', description }) as const;

/** What a model is described by: itself, its files by their roles, and its defaults. */
export const MODEL_ARGS = sharedArgs({
  id: value('id', 'Id that jobs name the model by'),
  kind: {
    type: 'enum',
    options: [...TASK_KIND_IDS],
    description: 'Task kind',
  },
  name: value('text', 'Name to show'),
  engine: {
    type: 'enum',
    options: [...ENGINE_NAMES],
    description: 'Engine that runs it',
  },
  vram: value('gib', 'GPU memory that a job on it may take, in GiB'),

  model: file('File with the whole model'),
  'diffusion-model': file('File with the diffusion model'),
  'high-noise-diffusion-model': file('File with its part for the noisy steps (video)'),
  'text-encoder': file('File with the text encoder'),
  t5xxl: file('File with the T5 text encoder'),
  'text-encoder-vision': file('File with the vision projector, by which a chat model reads images'),
  'clip-vision': file('File with the CLIP vision encoder (video)'),
  vae: file('File with the VAE'),
  lora: file('File with a LoRA; repeatable'),
  labels: file('File with class names'),
  'voice-config': file('File with the settings of a voice (piper)'),
  vad: file('File with the model that tells speech from silence (whisper-cpp)'),

  'cfg-scale': value('number', 'Guidance scale'),
  steps: value('number', 'Sampling steps'),
  width: value('pixels', 'Width'),
  height: value('pixels', 'Height'),
  'sampling-method': value('name', 'Sampling method'),
  'flow-shift': value('number', 'Flow shift'),
  'zero-cond-t': flag('Zero the timestep of the condition'),
  'offload-to-cpu': flag('Keep the weights in RAM and move them to the GPU as needed'),
  mmap: flag('Map the files instead of reading them'),
  'max-vram-gib': value('number', 'GPU memory that the model may use; required for torch'),
  'lora-weight': value('number', 'Weight of every LoRA (default 1)'),
  'context-size': value('tokens', 'Context size of a chat model'),
  'chat-template-kwargs': value('json', 'Arguments of the chat template, as a JSON object'),
  vision: value('json', 'Settings of a vision model, as a JSON object'),
  pipeline: { type: 'enum', options: [...TORCH_PIPELINES], description: 'Pipeline (torch)' },
  resolution: value('number', 'Resolution of the pipeline (torch)'),
  'low-vram': flag('Use less GPU memory, slower (torch)'),
  'decimation-target': value('number', 'Triangles of a mesh (torch)'),
  'texture-size': value('pixels', 'Size of a texture (torch)'),
  mode: { type: 'enum', options: ['img_gen', 'vid_gen'], description: 'What a diffusion model makes (sd-cpp)' },
});
