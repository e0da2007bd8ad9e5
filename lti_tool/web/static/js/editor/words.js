// A change in words: for the list of what was done, and for what others do while one works.
const FIELDS = { title: "name", code: "code", description: "text", kind: "kind", scope: "scope", level: "level", name: "name", months: "months" };
const RELATION = { precedes: "comes before", isRelatedTo: "is related to", isPartOf: "is part of", isChildOf: "also stands in" };

const fields = (op) => Object.keys(op.fields).map((name) => (name.startsWith("descriptor:") ? `level ${name.slice(11)}` : FIELDS[name] ?? name)).join(", ");

export const inWords = (op, model) => {
  const name = (key) => `“${model.label(key)}”`;
  switch (op.do) {
    case "add": return `added “${op.item.title}”`;
    case "set": return `changed the ${fields(op)} of ${name(op.item)}`;
    case "move": return `moved ${name(op.item)} ${op.parent ? `in ${name(op.parent)}` : "at the top"}`;
    case "remove": return `removed ${model.item(op.item) ? name(op.item) : "an item"}${op.keys.length > 1 ? ` and ${op.keys.length - 1} below it` : ""}`;
    case "restore": return `brought back “${op.items[0].title}”`;
    case "relate": return `said that ${name(op.origin)} ${RELATION[op.type] ?? op.type} ${name(op.destination)}`;
    case "unrelate": return `took away that ${name(op.origin)} ${RELATION[op.type] ?? op.type} ${name(op.destination)}`;
    case "set_level": return `changed the ${fields(op)} of level ${op.number}`;
    case "add_level": return `added level ${op.number}`;
    case "drop_level": return `took away level ${op.number}`;
    case "set_about": return `changed the ${Object.keys(op.fields).join(", ").replace("_", " ")} of the framework`;
    default: return "changed something";
  }
};
