// How the pair's chart looks, in the colours of the theme.

export const STYLE = `
  .desk-pair { position: relative; width: 100%; font-family: var(--st-font); color: var(--st-text-color); outline-offset: 2px; }
  .desk-pair .desk-head { display: flex; flex-wrap: wrap; gap: 2px 12px; min-height: 30px; align-items: center; font-size: 12px;
    font-variant-numeric: tabular-nums; }
  .desk-pair .desk-time { color: var(--st-gray-color); white-space: pre-wrap; }
  .desk-fresh { color: var(--st-green-color); white-space: pre; } .desk-stale .desk-fresh { color: var(--st-orange-color); }
  .desk-pair .desk-words { color: var(--st-gray-color); } .desk-pair .desk-words.desk-bad { color: var(--st-orange-color); font-weight: 600; }
  .desk-pair button { font: inherit; color: var(--st-text-color); cursor: pointer; padding: 3px 9px;
    background: var(--st-secondary-background-color); border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
  .desk-pair button:hover, .desk-pair button:focus-visible { border-color: var(--st-primary-color); }
  .desk-pair button[hidden] { display: none; }
  .desk-ranges { margin-left: auto; display: flex; gap: 4px; }
  .desk-ranges button { padding: 3px 7px; }
  .desk-summary { margin: 4px 8px 0; font-size: 12.5px; color: var(--st-gray-color); }
  .desk-stage { position: relative; }
  .desk-overlay { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
  .desk-legends { position: absolute; inset: 0; pointer-events: none; font-size: 12px; font-variant-numeric: tabular-nums; }
  .desk-pair .desk-legend { position: absolute; left: 10px; right: 84px; display: flex; flex-wrap: wrap; gap: 0 12px; padding: 1px 4px;
    width: fit-content; border-radius: 4px; background: color-mix(in srgb, var(--st-background-color) 72%, transparent); }
  .desk-label { color: var(--st-gray-color); }
  .desk-live { font-style: italic; } .desk-live .desk-label::before { content: "● "; font-style: normal; }
  .desk-stale .desk-live { text-decoration: line-through; opacity: 0.6; }
  .desk-stale .desk-overlay, .desk-loading .desk-plot { opacity: 0.4; }
  .desk-paused .desk-stage { outline: 1px dashed var(--st-orange-color); outline-offset: 2px; }
  .desk-cross { position: absolute; top: 4px; bottom: 26px; left: 0; width: 0; border-left: 1px dotted var(--st-gray-color); pointer-events: none; }
  .desk-cross[hidden], .desk-measure[hidden] { display: none; }
  .desk-tags { position: absolute; inset: 0; pointer-events: none; overflow: hidden; font-size: 11px; font-variant-numeric: tabular-nums; }
  .desk-tag { position: absolute; transform: translateY(-50%); padding: 0 4px; border-radius: 3px; color: var(--st-background-color); font-weight: 600; white-space: nowrap; }
  .desk-tag-stale { text-decoration: line-through; opacity: 0.6; }
  .desk-measure { position: absolute; top: 4px; bottom: 26px; pointer-events: none; padding: 30px 8px; font-size: 12px; overflow: visible; white-space: nowrap;
    background: color-mix(in srgb, var(--st-primary-color) 14%, transparent); border-inline: 1px solid var(--st-primary-color); font-variant-numeric: tabular-nums; }
  .desk-measure-head { font-weight: 600; }
  .desk-pair .desk-empty { position: absolute; inset: 0; display: grid; place-items: center; pointer-events: none; text-align: center; padding: 0 10%;
    color: var(--st-gray-color); }
  .desk-pair .desk-tip { position: absolute; z-index: 2; max-width: min(360px, 90%); padding: 8px 10px; font-size: 12px; line-height: 1.45; pointer-events: none;
    background: var(--st-secondary-background-color); border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
  .desk-pair .desk-tip[hidden] { display: none; }
  .desk-tip-head { font-weight: 600; } .desk-tip-line { color: var(--st-gray-color); overflow-wrap: anywhere; }
  @media (max-width: 640px) { .desk-pair .desk-head { min-height: 56px; align-content: center; } .desk-legends { font-size: 11px; } }
`
