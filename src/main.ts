#!/usr/bin/env bun
import { VERSION } from './base/version.ts';
import {
  commandLine,
  endByItself,
  endNow,
  isForkedToTryBinary,
  onUncaughtError,
  writeError,
  writeOut,
} from './system/process/this-program.ts';

/** 128 + SIGINT: the operator asked to stop three times: the process ends at once. */
const INTERRUPTED = 130;
/** EX_IOERR of sysexits.h. */
const OUTPUT_NOT_WRITTEN = 74;
/** Hidden: a native engine runs in a process of its own, which is this program again. */
const ENGINE = '__engine';
/** Hidden: an external program starts as this one, which ends it with the worker. */
const PROGRAM = '__program';
/** Hidden: checks a reply against a schema, which may never end. */
const SCHEMA = '__schema';
/** Hidden: images are read and written in a process of their own. */
const IMAGES = '__images';
/** Hidden: lists the devices of Vulkan, whose drivers may crash. */
const VULKAN = '__vulkan';
/** Hidden: an installer asks whether this executable may take the place of another one. */
const SELF_TEST = '--self-test';
const [first, ...rest] = commandLine;

if (first === '--version' || first === '-V') {
  // Installers and updaters ask often and want nothing else, so nothing else is loaded.
  if (!(await writeOut(`${rest.includes('--json') ? await versionFacts() : `studio-worker ${VERSION}`}\n`))) {
    writeError('error: cannot write the output [output.not-written]\n');
    endNow(OUTPUT_NOT_WRITTEN);
  }
} else {
  onUncaughtError((thrown) => void die(thrown));
  if (isForkedToTryBinary) {
    const { runBinaryProbe } = await import('./compose/children/engine-child.ts');
    await runBinaryProbe().catch(die);
  } else if (first === ENGINE) {
    const { runEngineChild } = await import('./compose/children/engine-child.ts');
    endNow(await runEngineChild(rest).catch(die)); // at once: whatever a library still holds is to go
  } else if (first === SCHEMA) {
    const { runSchemaChild } = await import('./compose/children/schema-child.ts');
    endNow(await runSchemaChild().catch(die));
  } else if (first === IMAGES) {
    const { runImagesChild } = await import('./compose/children/images-child.ts');
    endNow(await runImagesChild().catch(die));
  } else if (first === VULKAN) {
    const { runVulkanChild } = await import('./compose/children/vulkan-child.ts');
    endNow(await runVulkanChild().catch(die)); // at once: drivers leave threads behind
  } else if (first === PROGRAM) {
    const { runProgramChild } = await import('./compose/children/program-child.ts');
    end(await runProgramChild(rest).catch(die));
  } else if (first === SELF_TEST) {
    const { selfTest } = await import('./compose/update/self-test.ts');
    const problem = await selfTest(rest).catch(die);
    if (problem !== undefined) writeError(`self-test of studio-worker ${VERSION} failed: ${problem}\n`);
    end(problem === undefined ? 0 : 1);
  } else {
    if (commandLine.includes('run')) {
      const { guardStart } = await import('./compose/update/start-guard.ts');
      await guardStart(commandLine);
    }
    const { createWorld } = await import('./compose.ts');
    const { runCli } = await import('./cli/cli.ts');
    const world = await createWorld().catch(die);
    const code = await runCli([...commandLine], world).catch(die);
    if (world.terminal.isStalled) endNow(code); // a write that nobody reads would hold the process
    end(code);
  }
}

/** As JSON, for programs. */
async function versionFacts(): Promise<string> {
  const { origin } = await import('./base/build/origin.ts');
  return JSON.stringify({ version: VERSION, ...origin });
}

/** Every command cleans up, so nothing is left that would hold the process; where something is, that is ours to mend. */
function end(code: number): void {
  if (code === INTERRUPTED) endNow(code);
  endByItself(code, () => {
    writeError('warning: something was left open, so the process had to be ended. Please report this.\n');
  });
}

/** The end of everything that nobody caught: printed like any other failure. */
async function die(thrown: unknown): Promise<never> {
  const { describeFailure, exitCodeOf } = await import('./cli/exit.ts');
  writeError(describeFailure(thrown));
  const { reportUncaught } = await import('./base/process/uncaught.ts');
  await reportUncaught(thrown);
  return endNow(exitCodeOf(thrown));
}
