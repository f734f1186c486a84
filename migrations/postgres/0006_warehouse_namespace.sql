-- The namespace of the resource that owns a warehouse, or owned it last. Tokens of this namespace may have grants on the
-- warehouse; those of another one need the consent that is in the profile. A row of an older operator has an empty one
-- until it is put again, and admits no Token until then.
ALTER TABLE warehouses ADD COLUMN namespace text NOT NULL DEFAULT '';
