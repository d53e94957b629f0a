"""Numbers, bits and files: formats of fields, packing, transactions as CSV and NPZ."""
