import './message-page.css';
import { Mark } from './mark.js';

/** While nothing is known yet. */
export const Splash = () => (
  <main className="splash" aria-busy="true" aria-label="Loading">
    <Mark size={40} />
  </main>
);
