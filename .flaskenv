FLASK_APP=storefront.cli:make_app
