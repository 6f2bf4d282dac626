"""From travel times to numbers about people: arrays in, arrays out."""
