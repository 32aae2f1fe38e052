// What is shown while the bench runs: a bar with the running saving on a
// terminal, a plain line every tenth elsewhere. On stderr, so that stdout stays
// the result.

import { dollars } from "./summary.mjs";

const WIDTH = 28;

export class Progress {
  constructor(total, out = process.stderr) {
    Object.assign(this, { total, out, done: 0, failed: 0, report: null, drawn: 0, tenth: 0 });
  }

  saving() {
    if (!this.report) return "saved -";
    const { saved_pct, saved, actual_spend } = this.report;
    return `saved ${saved_pct.toFixed(1)} % (${dollars(saved)}, spent ${dollars(actual_spend)})`;
  }

  counted(ok) {
    this.done += 1;
    if (!ok) this.failed += 1;
    this.draw();
  }

  draw(last = false) {
    if (this.out.isTTY) {
      const now = performance.now();
      if (!last && this.done < this.total && now - this.drawn < 80) return;
      this.drawn = now;
      const full = Math.round((WIDTH * this.done) / this.total);
      const errors = this.failed ? `  ${this.failed} failed` : "";
      const line = `${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${this.done}/${this.total}${errors}  ${this.saving()}`;
      this.out.write(`\r\x1b[2K${line.slice(0, (this.out.columns ?? 100) - 1)}${last ? "\n" : ""}`);
      return;
    }
    // The last line waits for the settled report: the one read while calls ran is behind.
    const tenth = Math.floor((10 * this.done) / this.total);
    if (!last && (tenth === this.tenth || this.done === this.total)) return;
    this.tenth = tenth;
    this.out.write(`${this.done}/${this.total} calls, ${this.failed} failed, ${this.saving()}\n`);
  }
}
