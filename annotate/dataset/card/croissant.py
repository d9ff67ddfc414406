"""A manifest and the columns of its files -> `croissant.json`, metadata for machines.

Croissant 1.1 in JSON-LD with the vocabulary for responsible AI (annotators,
protocol, agreement, limits). Every config is a record set; every label list an
enumeration beside it. A list of records inside a list of records (the spans of
a claim) is named in the description and not as a field, since the reference
loader (mlcroissant 1.1.1) fails on a record set that has one.

Source: Croissant Format Specification 1.1 and Croissant RAI 1.0, MLCommons.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from annotate.dataset.card.facts import citation, figure_lines, limits, withheld_line
from annotate.dataset.manifest import DataConfig, Manifest
from annotate.schemes.columns import Column, ColumnType, Labels, ListOf, Scalar, StructOf

_CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
_PARQUET = "application/x-parquet"
_TYPES = {
    "string": "sc:Text",
    "bool": "sc:Boolean",
    "int32": "cr:Int32",
    "float32": "cr:Float32",
    "float64": "cr:Float64",
}
_OURS = (
    *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field"),
    *("fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset"),
    *("jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex"),
    *("repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{name: f"cr:{name}" for name in _OURS},
}


def make_croissant(manifest: Manifest, schemas: Mapping[str, Sequence[Column]]) -> bytes:
    """The bytes of `croissant.json`; `schemas` holds the columns of every config."""
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": list(_CONFORMS_TO),
        "name": manifest.name,
        "description": _description(manifest),
        "version": manifest.version.removeprefix("v"),
        "datePublished": manifest.created_at,
        "license": ["unknown"]
        if manifest.withheld
        else [name or "unknown" for name in manifest.numbers.licences],
        "citeAs": citation(manifest),
        "keywords": ["annotate", "news", manifest.scheme],
        **_responsible(manifest),
        "distribution": [
            entry for config in manifest.configs.values() for entry in _distribution(config)
        ],
        "recordSet": [
            *(_enumeration(path, names) for path, names in manifest.labels.items()),
            *(
                _record_set(config, schemas[key], manifest)
                for key, config in manifest.configs.items()
            ),
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def _description(manifest: Manifest) -> str:
    said = manifest.message or f"News texts with labels of the scheme {manifest.scheme}"
    counted = f"{manifest.numbers.articles} articles, {sum(manifest.rows().values())} rows."
    without = f" {withheld_line(manifest)} `annotate hydrate` puts them in again."
    return f"{said}. {counted}{without if manifest.withheld else ''}"


def _responsible(manifest: Manifest) -> dict[str, Any]:
    numbers = manifest.numbers
    guideline = (
        f"The guideline of annotate, SHA-256 {manifest.guideline}."
        if manifest.guideline
        else "The guideline is not recorded."
    )
    described = "date and address" if manifest.withheld else "title, date and address"
    per_item = ", ".join(f"{n}: {tasks} tasks" for n, tasks in numbers.tasks_by_annotations.items())
    return {
        "rai:dataCollection": f"{numbers.articles} news articles that tell {numbers.stories}"
        f" stories; {described} of each stand in its row.",
        "rai:dataPreprocessingProtocol": [
            "Strict UTF-8, line ends as LF, no other character changed; offsets are half-open"
            " ranges of Unicode code points."
        ],
        "rai:dataAnnotationProtocol": [
            f"Scheme {manifest.scheme}, label config {manifest.config_digest}"
            " (as XML in manifest.json).",
            guideline,
            f"Each annotator's work stands in the config {manifest.configs['annotations'].name};"
            f" gold is made of it by the policy {manifest.policy}, ties: {manifest.ties}.",
        ],
        "rai:dataAnnotationPlatform": ["Label Studio"],
        "rai:dataAnnotationAnalysis": figure_lines(manifest),
        "rai:annotationsPerItem": per_item,
        "rai:annotatorDemographics": [
            f"{len(numbers.annotators)} people, known by pseudonyms; nothing else is recorded."
        ],
        "rai:dataLimitations": limits(manifest),
        "rai:personalSensitiveInformation": [
            "The texts name people as news does. Annotators' names and addresses are never read."
        ],
        "rai:dataReleaseMaintenancePlan": "A version never changes; a newer one says what is"
        " different. An article that is taken down leaves the next version, and the older ones"
        " are marked.",
    }


def _distribution(config: DataConfig) -> Iterator[dict[str, Any]]:
    for file in config.files:
        yield {
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path,
            "contentUrl": file.path,
            "contentSize": f"{file.bytes} B",
            "encodingFormat": _PARQUET,
            "sha256": file.sha256,
        }
    yield {
        "@type": "cr:FileSet",
        "@id": f"files-{config.name}",
        "name": f"files-{config.name}",
        "encodingFormat": _PARQUET,
        "includes": [file.path for file in config.files],
    }


def _enumeration(path: str, names: Sequence[str]) -> dict[str, Any]:
    """A label list: the code that stands in the files, and its name."""
    own = f"labels/{path}"
    return {
        "@type": "cr:RecordSet",
        "@id": own,
        "name": own,
        "description": f"The names of the codes in {path}.",
        "dataType": "sc:Enumeration",
        "key": {"@id": f"{own}/code"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{own}/{name}",
                "name": name,
                "dataType": kind,
            }
            for name, kind in (("code", "cr:Int64"), ("name", "sc:Text"))
        ],
        "data": [{f"{own}/code": n, f"{own}/name": name} for n, name in enumerate(names)],
    }


def _record_set(
    config: DataConfig, columns: Sequence[Column], manifest: Manifest
) -> dict[str, Any]:
    source = f"files-{config.name}"
    split = {
        "@type": "cr:Field",
        "@id": f"{config.name}/split",
        "name": "split",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": source},
            "extract": {"fileProperty": "filename"},
            "transform": {"regex": "^([a-z]+)-"},
        },
    }
    rows = sum(file.rows for file in config.files)
    return {
        "@type": "cr:RecordSet",
        "@id": config.name,
        "name": config.name,
        "description": f"{rows} rows of {manifest.name} {manifest.version}.",
        "field": [
            split,
            *(_field(column, (config.name,), source, column.name, ()) for column in columns),
        ],
    }


def _field(
    column: Column, above: tuple[str, ...], source: str, top: str, path: tuple[str, ...]
) -> dict[str, Any]:
    """A column, or a field of the records that it holds; `path` leads to it from column `top`."""
    own = (*above, column.name)
    field: dict[str, Any] = {"@type": "cr:Field", "@id": "/".join(own), "name": "/".join(own[1:])}
    inner, depth = _unlisted(column.type)
    if depth:
        field |= {"isArray": True, "arrayShape": ",".join(["-1"] * depth)}
    if isinstance(inner, StructOf):
        kept = [f for f in inner.fields if not isinstance(_unlisted(f.type)[0], StructOf)]
        left_out = [f.name for f in inner.fields if f not in kept]
        if left_out:
            field["description"] = (
                f"Each has also {', '.join(left_out)}: lists of spans with start, end, text and"
                " part, which stand in the files."
            )
        field["subField"] = [_field(f, own, source, top, (*path, f.name)) for f in kept]
        return field
    described = _describe(inner, own)
    extract: dict[str, Any] = {"fileSet": {"@id": source}, "extract": {"column": top}}
    if path:
        extract["transform"] = [{"jsonPath": name} for name in path]
    return field | described | {"source": extract}


def _describe(type_: ColumnType, own: tuple[str, ...]) -> dict[str, str]:
    if isinstance(type_, Scalar):
        return {"dataType": _TYPES[type_.dtype]}
    names = list(type_.names) if isinstance(type_, Labels) else []
    listed = f"codes of {', '.join(json.dumps(name, ensure_ascii=False) for name in names)}"
    return {"dataType": "cr:Int64", "description": f"{own[-1]}: {listed}, counted from 0."}


def _unlisted(type_: ColumnType) -> tuple[ColumnType, int]:
    """What a type holds inside its lists, and how many lists those are."""
    depth = 0
    while isinstance(type_, ListOf):
        type_, depth = type_.item, depth + 1
    return type_, depth
