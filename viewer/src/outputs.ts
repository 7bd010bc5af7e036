// SPDX-License-Identifier: BSD-3-Clause
import { byId } from "./dom";

/** The newest message of each output, of which one is shown: the first, until someone chooses another. */
export class Outputs<Result extends { name: string }> {
  private readonly chooser: HTMLSelectElement;
  private readonly newest = new Map<string, Result>();
  private wanted = "";

  constructor(
    private readonly kind: string,
    private readonly show: (result: Result) => void,
  ) {
    this.chooser = byId<HTMLSelectElement>(`${kind}-name`);
    this.chooser.addEventListener("change", () => {
      this.wanted = this.chooser.value;
      const result = this.newest.get(this.wanted);
      if (result !== undefined) show(result);
    });
  }

  take(result: Result): void {
    if (!this.newest.has(result.name)) {
      this.chooser.add(new Option(result.name, result.name));
      if (result.name === this.wanted) this.chooser.value = result.name;
      this.tellChoice();
    }
    this.newest.set(result.name, result);
    if (result.name === this.chooser.value) this.show(result);
  }

  /** A service that was started anew may have other outputs. */
  forget(): void {
    this.newest.clear();
    this.chooser.replaceChildren();
    this.tellChoice();
  }

  private tellChoice(): void {
    byId(`${this.kind}-choice`).hidden = this.chooser.length < 2;
  }
}
