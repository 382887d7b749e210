/** What a first answer does not need, as a file of its own: fetched in a quiet moment, or when it is first used. */

export { default as css } from "./extras.css";
export { makeSearchable } from "./catalogue";
export { enlarge } from "./enlargement";
export { Menu } from "./menu";
export { Popover } from "./popover";
export { copyBySelection } from "./selection";
export { offerStarters } from "./starters";
export { Suggestions } from "./suggestions";
export { thumbs } from "./thumbs";
