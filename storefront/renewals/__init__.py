"""Auto-renewals: how they end, with proof."""
