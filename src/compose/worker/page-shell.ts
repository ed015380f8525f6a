import type { RouteGroup } from '../../local-api/http/router.ts';

/** The files of a worker's page, read when a browser first asks for one: commands have no use for them. */
export const pageShell: RouteGroup = {
  async answer(request, { pathname }) {
    const { PAGE_HEADERS, pageFile } = await import('../../page/served.ts');
    const file = await pageFile('worker', pathname);
    if (file === undefined) return undefined;
    const body = request.method === 'HEAD' ? null : file.body;
    return new Response(body, { headers: { ...PAGE_HEADERS, 'content-type': file.type } });
  },
};
