"""What a person must decide, with an owner and a clock."""
