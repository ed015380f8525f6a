import type { StudioFeedEvent } from '../../../contract/page/dashboard.ts';

/** An event as a project may see it: of its own jobs alone, and without what others are at. Undefined for any other. */
export function projectEvent(event: StudioFeedEvent, project: string): StudioFeedEvent | undefined {
  if (event.event === 'missed') return event;
  if (event.event !== 'job' || event.data.project !== project) return undefined;
  const { waitsFor: _ofOthers, ...data } = event.data;
  return { event: 'job', data };
}

/**
 * Bytes for whoever is still let in: asked before each chunk is handed on, so that nothing is seen after that, and the
 * stream ends with the next sign of life.
 */
export function whileAllowed(
  bytes: ReadableStream<Uint8Array>,
  isAllowed: () => Promise<boolean>,
): ReadableStream<Uint8Array> {
  const reader = bytes.getReader();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await reader.read();
      if (!done && (await isGood())) return controller.enqueue(value);
      await reader.cancel();
      controller.close();
    },
    cancel: () => reader.cancel(),
  });

  async function isGood(): Promise<boolean> {
    try {
      return await isAllowed();
    } catch (thrown) {
      await reader.cancel(); // nobody else would, and it would count as followed for ever
      throw thrown;
    }
  }
}
