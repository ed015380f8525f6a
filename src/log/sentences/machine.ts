import { duration, ifKnown, own, type Sentences, size, text } from './text.ts';

/** Reasons one after the other; each may hold a comma. */
const listed = (value: unknown): string => (Array.isArray(value) ? value.map(text).join('; ') : text(value));
/** Named only on a machine with several. */
const onGpu = (value: unknown): string => ifKnown(value, (gpu) => ` on ${gpu}`);
/** With what no other GPU has, where its driver gives it something. */
const gpuOf = ({ name, uuid }: Readonly<Record<string, unknown>>): string =>
  `${text(name)}${ifKnown(uuid, (it) => ` (${it})`)}`;
const hint = (value: unknown): string => ifKnown(value, (known) => `. ${known}`);

/** Engines, models and the memory of this machine, in words of our own. */
export const MACHINE_SENTENCES = {
  'gpu.found': own((f) => `GPU: ${text(f.name)}, ${text(f.totalGb)} GiB${ifKnown(f.driver, (it) => `, driver ${it}`)}`),
  'gpu.not-found': own((f) => `no GPU found: ${listed(f.reasons)}`),
  'gpu.denied': own((f) => `not using ${gpuOf(f)}: kept from it by ${text(f.by)}`),
  'gpu.not-pinned': own(
    (f) => `cannot tell which of Vulkan’s devices is ${gpuOf(f)}: engines that use Vulkan may run on another GPU`,
  ),
  'gpu.rule-mistaken': own((f) => text(f.because)),
  'gpu.silent': own(
    (f) => `${text(f.silentGpus)} GPU(s) did not report their memory; ${text(f.vramTotalGb)} GiB are known`,
  ),
  'gpu.size-unknown': own((f) => `the memory size of ${text(f.name)} is unknown`),
  'memory.short': own(
    (f) =>
      `a model needs ${text(f.needGb)} GiB and ${text(f.marginGb)} GiB of headroom; ${text(f.freeGb)} GiB are free, ` +
      'and no model is left to unload',
  ),
  'memory.ceiling-held': own(
    (f) =>
      `memory ceiling in effect: each engine process may hold ${text(f.memoryMaxGb)} GiB of RAM (by ${text(f.by)})`,
  ),
  'service.ceiling-changed': own((f) => `the service may now take ${text(f.memoryMaxGb)} GiB of RAM`),
  'service.ceiling-kept': own(
    (f) => `the service keeps its memory ceiling until \`studio-worker install-service\`: ${text(f.because)}`,
  ),
  'memory.ceiling-missing': own(
    (f) => `no memory ceiling in effect: ${text(f.platform)} does not report the memory of engine processes`,
  ),
  'memory.not-freed': own(
    (f) =>
      `an unloaded model returned ${text(f.freedGb)} of ${text(f.expectedGb)} GiB after ${duration(f.waitedMs)}; ` +
      `${text(f.freeGb)} GiB are free`,
  ),
  'peaks.not-saved': own((f) => `cannot save the measured memory peaks to ${text(f.path)}: ${text(f.error)}`),
  'peaks.unreadable': own(
    (f) => `measured memory peaks start over, because ${text(f.path)} is unreadable: ${text(f.because)}`,
  ),
  'residency.not-saved': own((f) => `cannot save the list of loaded models to ${text(f.path)}: ${text(f.error)}`),
  'residency.unreadable': own(
    (f) =>
      `no models are restored, because ${text(f.path)} is unreadable: ${text(f.because)}. It was moved to ${text(f.aside)}`,
  ),

  'engine.ready': own((f) => `the ${text(f.engine)} engine is ready`),
  'engine.not-ready': own((f) => `the ${text(f.engine)} engine is not ready: ${text(f.because)}. ${text(f.hint)}`),
  'engine.on-cpu': own((f) => `${text(f.because)}. ${text(f.hint)}`),
  'engine.crashed': own((f) => `${text(f.error)} (model ${text(f.model)})`),
  'engine.quarantined': own((f) => `${text(f.error)}: its offers are rejected for ${duration(f.forMs)}`),
  'phonemes.dropped': own(
    (f) => `left out ${text(f.count)} phonemes that ${text(f.model)} cannot pronounce: ${text(f.which)}`,
  ),
  'espeak.passed-over': own(
    (f) => `English is pronounced without ${text(f.path)}, which does not run: ${text(f.because)}`,
  ),
  'program.variable-ignored': own((f) => `ignoring ${text(f.variable)}: ${text(f.because)}`),
  'sd-cli.fetching': own((f) => `downloading stable-diffusion.cpp ${text(f.release)} from ${text(f.url)}`),
  'sd-cli.other-release': own(
    (f) => `using ${text(f.path)}, which is not release ${text(f.pinned)}: ${text(f.because)}`,
  ),
  'sd-server.not-used': own(
    (f) => `${text(f.path)} did not start, so sd-cli loads the model for each job: ${text(f.because)}`,
  ),
  'sd-server.passed-over': own((f) => `sd-cli runs this job, sd-server cannot: ${text(f.because)}`),
  'video.written-as-webp': own(
    (f) => `wrote the video as WebP instead of ${text(f.asked)}: ${text(f.because)}${hint(f.hint)}`,
  ),
  'video.encoded': own((f) => `encoded ${text(f.frames)} frames as ${text(f.ext)} (requested: ${text(f.asked)})`),

  'pack.fetch-started': own((f) => `downloading the ${text(f.pack)} pack, ${text(f.size)}, from ${text(f.url)}`),
  'pack.fetch-advanced': own((f) => `${text(f.pack)} pack: ${text(f.percent)} % of ${text(f.size)}`),
  'pack.fetched': own((f) => `the ${text(f.pack)} pack is in ${text(f.folder)}`),
  'pack.not-fetched': own((f) => `cannot download the ${text(f.pack)} pack: ${text(f.error)}. ${text(f.hint)}`),

  'model.awaited': own((f) => `waiting for ${text(f.file)}, which process ${text(f.pid)} is downloading`),
  'model.fetch-started': own((f) => `downloading ${text(f.file)} of ${text(f.model)} from ${text(f.url)}`),
  'model.fetched': own(
    (f) => `downloaded ${text(f.file)} of ${text(f.model)}: ${size(f.sizeBytes)} in ${duration(f.durationMs)}`,
  ),
  'model.fetch-failed': own((f) => `cannot download ${text(f.file)} of ${text(f.model)}: ${text(f.error)}`),
  'model.unusable': own((f) => `${text(f.path)} is unusable and will be downloaded again: ${text(f.error)}`),
  'model.removed': own((f) => `removed ${text(f.file)} of ${text(f.model)} to free ${size(f.sizeBytes)}`),
  'models.not-collected': own((f) => `cannot remove unused models: ${text(f.error)}`),
  'model.loaded': own((f) => `loaded ${text(f.model)} (${text(f.engine)})${onGpu(f.gpu)} in ${duration(f.ms)}`),
  'model.unloaded': own(
    (f) =>
      `unloaded ${text(f.model)} (${text(f.engine)})${onGpu(f.gpu)}${whyUnloaded(f.because)}: ${text(f.freedMb)} MiB freed`,
  ),
  'model.not-freed': own((f) => `a model could not be unloaded cleanly: ${text(f.error)}`),
  'model.restored': own((f) => `loaded ${text(f.model)} (${text(f.engine)}) again, as before the restart`),
  'model.not-restored': own(
    (f) => `${text(f.model)} (${text(f.engine)}) was loaded before the restart and is not now: ${text(f.because)}`,
  ),
} satisfies Sentences;

const UNLOADED: Readonly<Record<string, string>> = {
  idle: ', unused',
  evicted: ' to make room',
  'memory-pressure': ', memory is short',
  replaced: ', its files or settings changed',
  broken: ', it failed',
  cancelled: ', its job was cancelled',
  'claiming-off': ', claiming is off',
  requested: ' on request',
  stopping: ', the worker is stopping',
};
const whyUnloaded = (because: unknown): string => UNLOADED[text(because)] ?? `, ${text(because)}`;
