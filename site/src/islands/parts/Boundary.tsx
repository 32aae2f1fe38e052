import { Component, type ComponentChildren } from "preact";

/** Says so where a part can't be loaded or shown (no network, a newer version deployed), and keeps the rest alive. */
export class Boundary extends Component<{ children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  static override getDerivedStateFromError() {
    return { failed: true };
  }

  render() {
    if (!this.state.failed) return <>{this.props.children}</>;
    return (
      <div class="notice notice-warn" role="alert">
        <strong>This part could not be loaded</strong>
        <p>The network may be gone, or a newer version is there.</p>
        <button type="button" class="button small" onClick={() => location.reload()}>
          Reload
        </button>
      </div>
    );
  }
}
