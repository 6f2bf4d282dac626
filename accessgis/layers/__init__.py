"""What is where: areas with the class of their places, facilities, and the people who need them."""
