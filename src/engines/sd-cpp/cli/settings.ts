import type { CliDefaults } from '../../../contract/model-source.ts';
import { drawnSize } from '../../../contract/tasks/image.ts';
import type { TaskOf } from '../../../contract/tasks/index.ts';

/** What is sampled, and how. */
export interface Settings {
  readonly cfgScale: number;
  readonly steps: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** A task cannot ask for the model's own steps: it has this many when none are given, which then count as not given. */
const DEFAULT_TASK_STEPS = 20;
/** What counts when neither the task nor the model sets it (studio contract, sd-cli arguments). */
const CFG_SCALE = 1;
const STEPS = 8;
const SIDE_PX = { image: 1024, video: 512 } as const;

/** The task's own settings, else the model's; 0 is none. */
export function sdCliSettingsOf(task: TaskOf<'image'> | TaskOf<'video'>, defaults: CliDefaults): Settings {
  const own = task.kind === 'image' ? task : { cfgScale: undefined, steps: 0 };
  const asked = drawnSize(task);
  return {
    cfgScale: firstPositive(own.cfgScale, defaults.cfgScale, CFG_SCALE),
    steps: firstPositive(own.steps === DEFAULT_TASK_STEPS ? 0 : own.steps, defaults.steps, STEPS),
    width: firstPositive(asked.width, defaults.width, SIDE_PX[task.kind]),
    height: firstPositive(asked.height, defaults.height, SIDE_PX[task.kind]),
  };
}

const firstPositive = (task: number | undefined, source: number, otherwise: number): number => {
  if (task !== undefined && task > 0) return task;
  return source > 0 ? source : otherwise;
};
