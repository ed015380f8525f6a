/** A worker that has an engine child at work and prints its pid. What becomes of the child when this process is killed? */
import { toModelId } from '../../../src/base/ids.ts';
import { aTask, synthetic } from '../builders.ts';
import { recordingLogger } from '../recording-logger.ts';
import { unrulyHost } from './hosted-engine.ts';

const log = recordingLogger();
const host = unrulyHost({ log });
const signal = new AbortController().signal;
const files = { model: toModelId('fine'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };
const model = await host.load({ engine: 'gradio', files }, signal);
const [deed = 'hang'] = process.argv.slice(2);
const progress = (): void => console.log(String(log.find('engine.started')?.fields['pid']));
await model.run(aTask({ kind: 'image', prompt: deed }), new Map(), { signal, progress, emit: () => {} });
