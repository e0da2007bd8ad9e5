"use strict";
document.querySelector("form[data-autopost]")?.submit();
