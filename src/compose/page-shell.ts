import type { PageName } from '../system/page-script.ts';

/** The files of a page, read when a browser first asks for one: commands have no use for them. */
export const pageShell = (page: PageName) => ({
  async answer(request: Request, { pathname }: URL): Promise<Response | undefined> {
    const { PAGE_HEADERS, pageFile } = await import('../page/served.ts');
    const { pageScript } = await import('../system/page-script.ts');
    const file = await pageFile(page, pathname, pageScript);
    if (file === undefined) return undefined;
    const body = request.method === 'HEAD' ? null : file.body;
    return new Response(body, { headers: { ...PAGE_HEADERS, 'content-type': file.type } });
  },
});
