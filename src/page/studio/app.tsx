import { useEffect } from 'preact/hooks';
import { Frame } from '../kit/frame.tsx';
import { Toasts } from '../kit/toast.tsx';
import { STUDIO } from '../words/studio/shell.ts';
import { JobsPage } from './jobs/page.tsx';
import { LogsPage } from './logs/page.tsx';
import type { StudioPage } from './model.ts';
import { ModelsPage } from './models/page.tsx';
import { OverviewPage } from './overview/page.tsx';
import { PageProvider, usePage } from './page-context.ts';
import { ProjectsPage } from './projects/page.tsx';
import { Sidebar } from './shell.tsx';
import { WorkersPage } from './workers/page.tsx';

/** The whole window. */
export const App = ({ page }: { readonly page: StudioPage }) => (
  <PageProvider value={page}>
    <Frame>
      <Sidebar />
      <CurrentPage />
      <Messages />
    </Frame>
  </PageProvider>
);

function CurrentPage() {
  const { tab } = usePage().model.route.value;
  useEffect(() => {
    document.title = STUDIO.title(STUDIO.pages[tab]);
  }, [tab]);
  switch (tab) {
    case 'workers':
      return <WorkersPage />;
    case 'jobs':
      return <JobsPage />;
    case 'models':
      return <ModelsPage />;
    case 'logs':
      return <LogsPage />;
    case 'projects':
      return <ProjectsPage />;
    case 'overview':
      return <OverviewPage />;
    default:
      return tab satisfies never;
  }
}

function Messages() {
  const { model, actions } = usePage();
  return <Toasts toasts={model.toasts.value} onDismiss={actions.dismissToast} onHold={actions.holdToasts} />;
}
